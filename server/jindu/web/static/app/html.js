// Preact with htm: markup as tagged templates. What is put into them becomes text, never markup.

import { h } from '../vendor/preact.module.js'
import htm from '../vendor/htm.module.js'

export { render } from '../vendor/preact.module.js'
export { useEffect, useLayoutEffect, useMemo, useReducer, useRef, useState } from '../vendor/preact.hooks.module.js'

export const html = htm.bind(h)
