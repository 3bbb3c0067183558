// The calls as ReDoc shows them, to be read. Nothing is asked of any other host.
const options = { hideDownloadButton: false, nativeScrollbars: true, expandResponses: '200,202' }
window.Redoc.init('openapi.json', options, document.getElementById('calls'))
