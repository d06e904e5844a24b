// Errors whose message is shown on the page.

/** An error with a message for the user: a refusal by the server, or a failure that is explained. */
export class UserError extends Error {
  /**
   * @param {string} message
   * @param {string} [kind] Name of the server's problem, if it is one.
   */
  constructor(message, kind = "") {
    super(message);
    this.kind = kind;
  }
}

/**
 * Return the message to show for an error.
 *
 * @param {unknown} error
 */
export function userMessage(error) {
  return error instanceof UserError ? error.message : "The page failed. Please load it again.";
}

/**
 * Whether an error means that an operation was cancelled, or another DOMException of that name.
 *
 * @param {unknown} error
 * @param {string} [name]
 */
export function isDomError(error, name = "AbortError") {
  return error instanceof Error && error.name === name;
}
