// Keys of submissions: a filled form has one, however often it is sent.

/** Gives idempotency keys: the same as long as the body is the same. */
export class SubmissionKeys {
  #body = null;
  #key = null;

  /** Gives the key of a body that is about to be sent. */
  keyFor(body) {
    if (body !== this.#body) {
      this.#body = body;
      this.#key = randomKey();
    }
    return this.#key;
  }
}

// Not crypto.randomUUID, which pages on plain HTTP do not have.
function randomKey() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}
