// The calls as Swagger UI shows them, to be tried against this server. Nothing is asked of any other host.
window.SwaggerUIBundle({
  url: 'openapi.json',
  dom_id: '#calls',
  deepLinking: true,
  displayRequestDuration: true,
  filter: true,
  validatorUrl: null,
  defaultModelsExpandDepth: 0,
})
