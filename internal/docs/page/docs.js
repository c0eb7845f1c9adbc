"use strict";

window.addEventListener("load", () => {
  SwaggerUIBundle({
    url: "docs/openapi.json",
    dom_id: "#swagger-ui",
    layout: "BaseLayout",
    presets: [SwaggerUIBundle.presets.apis],
    deepLinking: true,
    displayOperationId: true,
    displayRequestDuration: true,
    defaultModelsExpandDepth: 0,
    persistAuthorization: false, // a token stays in this page's memory
    validatorUrl: null,
  });
});
