/** All of it, for a `<script>`: the global `Jindu`. */

export { createClient, JobError } from './index.js'
export { feed } from './feed.js'
export { progressBar } from './bar.js'
