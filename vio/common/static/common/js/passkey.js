// Passkeys: asks the device, puts its answer into the form, sends the form. Values come from the page's data block.

const ACTS = { login, get, create };

/** @param {string} text base64url @returns {ArrayBuffer} */
function bytes(text) {
  const plain = atob(text.replaceAll("-", "+").replaceAll("_", "/"));
  return Uint8Array.from(plain, (character) => character.charCodeAt(0)).buffer;
}

/** @param {ArrayBuffer} buffer @returns {string} base64url */
function text(buffer) {
  const plain = String.fromCharCode(...new Uint8Array(buffer));
  return btoa(plain).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
}

/** @param {any[] | undefined} list */
function known(list) {
  return (list ?? []).map((entry) => ({ ...entry, id: bytes(entry.id) }));
}

/** @param {any} credential */
function packed(credential) {
  const answer = credential.response;
  /** @type {Record<string, string>} */
  const response = { clientDataJSON: text(answer.clientDataJSON) };
  for (const part of ["attestationObject", "authenticatorData", "signature", "userHandle"]) {
    if (answer[part]) response[part] = text(answer[part]);
  }
  return {
    type: credential.type,
    id: credential.id,
    rawId: text(credential.rawId),
    response,
    clientExtensionResults: credential.getClientExtensionResults(),
  };
}

/** @param {any} options */
async function ask(options) {
  const wanted = options.publicKey;
  return packed(
    await navigator.credentials.get({
      publicKey: {
        ...wanted,
        challenge: bytes(wanted.challenge),
        allowCredentials: known(wanted.allowCredentials),
      },
    }),
  );
}

function given() {
  return JSON.parse(document.getElementById("passkey-options")?.textContent ?? "{}");
}

/** @param {HTMLFormElement} form */
async function login(form) {
  const answer = await fetch(form.action, { headers: { Accept: "application/json" } });
  if (!answer.ok) throw new Error(`options: ${answer.status}`);
  return ask((await answer.json()).request_options);
}

function get() {
  return ask(given().request_options);
}

async function create() {
  const wanted = given().creation_options.publicKey;
  return packed(
    await navigator.credentials.create({
      publicKey: {
        ...wanted,
        challenge: bytes(wanted.challenge),
        user: { ...wanted.user, id: bytes(wanted.user.id) },
        excludeCredentials: known(wanted.excludeCredentials),
      },
    }),
  );
}

/** @param {HTMLFormElement} form */
async function use(form) {
  const error = form.querySelector("[data-passkey-error]");
  if (error instanceof HTMLElement) error.hidden = true;
  try {
    const act = ACTS[/** @type {keyof typeof ACTS} */ (form.dataset.passkey)];
    const field = /** @type {HTMLInputElement} */ (form.elements.namedItem("credential"));
    field.value = JSON.stringify(await act(form));
    form.submit();
  } catch {
    if (error instanceof HTMLElement) error.hidden = false;
  }
}

// Without the browser's support the button is not shown: the other way in is beside it.
if ("credentials" in navigator && "PublicKeyCredential" in globalThis) {
  for (const form of document.querySelectorAll("form[data-passkey]")) {
    if (!(form instanceof HTMLFormElement)) continue;
    form.hidden = false;
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      use(form);
    });
  }
}
