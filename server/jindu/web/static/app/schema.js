// Which field of a form a parameter gets, from its JSON Schema, and the value that was typed into it. Pure. What has no simple
// field is typed as JSON; whether a value is good is the server's to say.

/** `kind`: text, long, number, integer, flag, choice, words (an array of text, a line each), json. */
export function fieldsOf(schema) {
  const required = new Set(schema.required ?? [])
  return Object.entries(schema.properties ?? {}).map(([name, one]) => field(name, one, schema, required.has(name)))
}

function field(name, given, schema, required) {
  const outer = resolved(given, schema)
  const ways = (outer.anyOf ?? outer.oneOf ?? []).map((one) => resolved(one, schema)).filter((one) => one.type !== 'null')
  const inner = ways.length === 1 ? { ...outer, ...ways[0] } : outer
  const kind = ways.length > 1 ? 'json' : kindOf(inner, schema)
  const { title = name, description: hint = '' } = given
  return { name, kind, required, title, hint, choices: inner.enum ?? [], initial: shown(kind, outer.default), longest: inner.maxLength }
}

function resolved(one, schema) {
  const path = one.$ref?.match(/^#\/(\$defs|definitions)\/(.+)$/)
  return path ? { ...schema[path[1]]?.[path[2]], ...one } : one
}

const SIMPLE = { boolean: 'flag', string: 'text', number: 'number', integer: 'integer' }
const LONG = 200 // characters above which a text wants more than one line

function kindOf(one, schema) {
  if (one.enum) return 'choice'
  if (one.type === 'string' && one.maxLength > LONG) return 'long'
  if (one.type === 'array' && resolved(one.items ?? {}, schema).type === 'string') return 'words'
  return SIMPLE[one.type] ?? 'json'
}

/** A value as it stands in the form. */
function shown(kind, value) {
  if (kind === 'flag') return value === true
  if (value === undefined || value === null) return ''
  if (kind === 'words') return value.join('\n')
  return kind === 'json' ? JSON.stringify(value, null, 2) : kind === 'choice' ? JSON.stringify(value) : String(value)
}

/** The parameters as typed; fields that were left empty are left out. `wrong`: names of those that are no JSON. */
export function typed(fields, values) {
  const params = {}
  const wrong = []
  for (const one of fields) {
    const value = values[one.name] ?? one.initial
    if (value === '' && !(one.required && ['text', 'long'].includes(one.kind))) continue
    try {
      params[one.name] = READ[one.kind](value)
    } catch {
      wrong.push(one.name)
    }
  }
  return { params, wrong }
}

const READ = {
  text: (value) => value,
  long: (value) => value,
  flag: (value) => value,
  number: Number,
  integer: Number,
  choice: JSON.parse,
  json: JSON.parse,
  words: (value) => value.split('\n').map((line) => line.trim()).filter(Boolean),
}

/** The name of the parameter that an error of a request points at: `/params/brand/0` is brand. */
export const pointed = ({ pointer }) => decodeURIComponent(pointer ?? '').match(/^#?\/params\/([^/]+)/)?.[1].replaceAll('~1', '/').replaceAll('~0', '~')
