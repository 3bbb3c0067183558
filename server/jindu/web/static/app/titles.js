// How stages are called: told by the list of types, and where that may not be seen, by a snapshot of one job of each type.

import { pick, textOr } from './language.js'
import { ask } from './server.js'
import { Source } from './source.js'

class Titles extends Source {
  #known = new Map() // type -> stage name -> {zh, en}

  /** `stages` as a type or a snapshot has them. */
  take(type, stages) {
    this.#known.set(type, new Map(stages.map((stage) => [stage.name, stage.title])))
    this.changed()
  }

  of(type, stage) {
    return pick(this.#known.get(type)?.get(stage), textOr(`stage_${stage}`, stage))
  }

  /** One look for each type that nobody has told of. */
  async learn(item) {
    if (this.#known.has(item.type)) return
    this.#known.set(item.type, new Map())
    const body = await ask(`/v1/jobs/${encodeURIComponent(item.id)}`).catch(() => null)
    if (body) this.take(item.type, body.stages)
    else this.#known.delete(item.type)
  }
}

export const titles = new Titles()
