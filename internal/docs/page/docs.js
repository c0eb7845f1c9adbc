"use strict";

// A credential is pasted into this field, perhaps on a screen that others see.
const tokenField = (Input, { React }) => function TokenField(props) {
  const [shown, show] = React.useState(false);
  if (props.id !== "auth-bearer-value") {
    return React.createElement(Input, props);
  }
  return React.createElement("div", { className: "token" },
    React.createElement(Input, {
      ...props, type: shown ? "text" : "password", autoComplete: "off", spellCheck: false, "aria-label": "Value: bearer token",
    }),
    React.createElement("button", {
      type: "button", className: "btn", "aria-pressed": shown, onClick: () => show(!shown),
    }, "Show"));
};

// Swagger UI's dialogue is one to the eye only: here the keyboard stays in it,
// Escape closes it, and the focus goes back to where it was.
const dialogue = (Popup, { React }) => function Dialogue(props) {
  const [opener] = React.useState(() => document.activeElement);
  React.useEffect(() => () => opener.focus(), [opener]);
  const onKeyDown = (event) => {
    if (event.key === "Escape") {
      props.authActions.showDefinitions(false);
    }
    if (event.key !== "Tab") {
      return;
    }
    const stops = event.currentTarget.querySelectorAll("a[href], button, input");
    const [from, to] = event.shiftKey ? [stops[0], stops[stops.length - 1]] : [stops[stops.length - 1], stops[0]];
    if (document.activeElement === from) {
      event.preventDefault();
      to.focus();
    }
  };
  return React.createElement("div", { role: "dialog", "aria-modal": true, "aria-label": "Authorize", onKeyDown },
    React.createElement(Popup, props));
};

// The only content of the dialogue's closing button.
const closeIcon = (Icon, { React }) => (props) =>
  React.createElement(Icon, { ...props, role: "img", "aria-hidden": false, "aria-label": "Close" });

// A link within the button that opens an operation is out of reach for some.
const plainPath = (_, { React }) => ({ text }) => React.createElement("span", { className: "nostyle" }, text);

// A button is called what stands on it.
const plainButton = (Button, { React }) => (props) =>
  React.createElement(Button, typeof props.children === "string" ? { ...props, "aria-label": undefined } : props);

const wrapComponents = {
  Button: plainButton, CloseIcon: closeIcon, DeepLink: plainPath, Input: tokenField, authorizationPopup: dialogue,
};

window.addEventListener("load", () => {
  SwaggerUIBundle({
    url: "docs/openapi.json",
    dom_id: "#swagger-ui",
    layout: "BaseLayout",
    presets: [SwaggerUIBundle.presets.apis],
    plugins: [{ wrapComponents }],
    deepLinking: true,
    displayOperationId: true,
    displayRequestDuration: true,
    defaultModelsExpandDepth: 0,
    persistAuthorization: false, // a token stays in this page's memory
    validatorUrl: null,
  });
});
