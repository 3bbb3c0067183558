/**
 * uni-app: `uni` has the shape of `wx`. A socket comes back as a task because the client hands in a callback.
 *
 *     import { createClient } from 'jindu-client/mini-program'
 *     import { uniApp } from 'jindu-client/adapters/uni_app.js'
 *     const jindu = createClient({ baseUrl: 'https://jindu.example.com' }, uniApp(uni))
 *
 * In pages for browsers (H5) `import { createClient } from 'jindu-client'` is the better choice: it has streams too.
 */

/** @param {any} uni @returns {any} what `createClient` takes */
export function uniApp(uni) {
  return {
    ...uni,
    // Older versions have no events of the app: a link that died in the background is found out by its silence.
    onAppShow: uni.onAppShow || (() => {}),
    offAppShow: uni.offAppShow || (() => {}),
    onAppHide: uni.onAppHide || (() => {}),
    offAppHide: uni.offAppHide || (() => {}),
    offNetworkStatusChange: uni.offNetworkStatusChange || (() => {}),
  }
}
