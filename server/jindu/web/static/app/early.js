// Before anything is painted: the colours and the language that were chosen here, so that nothing flashes.
;(() => {
  const kept = (name) => {
    try {
      return localStorage.getItem(name)
    } catch {
      return null // storage may be forbidden: the system's choice then
    }
  }
  const root = document.documentElement
  const theme = kept('jindu.theme')
  if (theme === 'light' || theme === 'dark') root.dataset.theme = theme
  const language = kept('jindu.language') ?? navigator.language
  root.lang = /^zh/i.test(language) ? 'zh-CN' : 'en'
})()
