// What was said and is not answered yet: kept over any number of reconnections, said again with the same id (RT-2, RT-9).
//
// A command is decided once: by an ack, or by a refusal. "unavailable" and "rate_limited" decide nothing: it is kept.

/**
 * @typedef {{type: string, id?: string, [name: string]: unknown}} Frame
 * @typedef {{code: string, message: string}} Refusal
 * @typedef {{frame: Frame, done: (numbers: Record<string, number>) => void, refused: (why: Refusal) => void}} Waiting
 */

const UNDECIDED = new Set(["unavailable", "rate_limited"]);

export class Unsent {
  constructor() {
    /** @type {Map<string, Waiting>} in the order in which they were said */
    this.waiting = new Map();
  }

  get size() {
    return this.waiting.size;
  }

  /**
   * Keeps a command under an id of its own until it is decided.
   * @param {string} type @param {Record<string, unknown>} fields
   * @returns {{frame: Frame, answer: Promise<Record<string, number>>}} `answer` is rejected with {code, message} when refused
   */
  keep(type, fields) {
    const id = crypto.randomUUID();
    const frame = { ...fields, id, type };
    const answer = new Promise((done, refused) => this.waiting.set(id, { frame, done, refused }));
    return { frame, answer };
  }

  /** What is to be said again after coming back, oldest first. @returns {Frame[]} */
  frames() {
    return [...this.waiting.values()].map(({ frame }) => frame);
  }

  /**
   * Takes an answer to a kept command.
   * @param {Frame} answer any frame
   * @returns {"decided" | "later" | "not ours"} "later": not decided, to be said again a little later
   */
  take(answer) {
    const waiting = answer.id === undefined ? undefined : this.waiting.get(answer.id);
    if (waiting === undefined || (answer.type !== "ack" && answer.type !== "error")) return "not ours";
    if (answer.type === "error" && UNDECIDED.has(String(answer.code))) return "later";
    this.waiting.delete(/** @type {string} */ (answer.id));
    if (answer.type === "ack") waiting.done(/** @type {Record<string, number>} */ (answer.numbers));
    else waiting.refused({ code: String(answer.code), message: String(answer.message) });
    return "decided";
  }

  /** The kept frame of an id, unless it was decided meanwhile. @param {string | undefined} id @returns {Frame | undefined} */
  frame(id) {
    return this.waiting.get(id ?? "")?.frame;
  }

  /** It is over for good: everybody who still waits is told. @param {Refusal} why */
  refuseAll(why) {
    const left = [...this.waiting.values()];
    this.waiting.clear();
    for (const { refused } of left) refused(why);
  }
}
