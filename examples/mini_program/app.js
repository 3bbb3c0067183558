const { createClient } = require('./jindu.js')

App({
  // In production https://…, on the program's lists of request and of socket domains.
  jindu: createClient({ baseUrl: 'http://127.0.0.1:8765', lang: 'zh' }),
})
