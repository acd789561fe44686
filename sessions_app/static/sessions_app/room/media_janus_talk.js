// The conversation with a Janus server: requests with their answers, events by handle, and a line that is known to carry.

/** @typedef {{[name: string]: any}} Message */

const KEEP_ALIVE = 10_000;
const SILENT_FOR = 25_000;
const ANSWERS_WITHIN = 15_000;
const PROVES_WITHIN = 4_000;
const PLUGIN = "janus.plugin.videoroom";

export class Janus {
  /** @param {{url: string, token: string}} grant @param {() => void} onEnd the line is gone, or carries nothing any more */
  constructor(grant, onEnd) {
    this.token = grant.token;
    this.onEnd = onEnd;
    this.session = 0;
    /** @type {Map<string, {done: (answer: Message) => void, failed: (why: Error) => void}>} */
    this.waiting = new Map();
    /** @type {Map<number, (event: Message) => void>} */
    this.handles = new Map();
    this.heardAt = Date.now();
    this.socket = new WebSocket(grant.url, "janus-protocol");
    this.socket.onmessage = ({ data }) => this.hear(JSON.parse(data));
    this.socket.onclose = () => this.end();
    this.timer = setInterval(() => this.keepAlive(), KEEP_ALIVE);
  }

  async open() {
    if (this.socket.readyState !== WebSocket.OPEN) {
      await within(ANSWERS_WITHIN, (done, failed) => {
        this.socket.addEventListener("open", () => done(undefined), { once: true });
        this.socket.addEventListener("error", () => failed(new Error("the media server cannot be reached")), { once: true });
      });
    }
    this.session = (await this.ask({ janus: "create" })).data.id;
  }

  /** @param {(event: Message) => void} onEvent @returns {Promise<number>} a handle of the plugin */
  async attach(onEvent) {
    const { data } = await this.ask({ janus: "attach", plugin: PLUGIN });
    this.handles.set(data.id, onEvent);
    return data.id;
  }

  /** @param {number} handle @param {Message} body @param {RTCSessionDescription | null} [jsep] @returns {Promise<Message>} the plugin's answer */
  async say(handle, body, jsep) {
    const answer = await this.ask({ janus: "message", handle_id: handle, body, ...(jsep ? { jsep } : {}) });
    const data = answer.plugindata?.data ?? {};
    if (data.error) throw new Error(`${data.error_code} ${data.error}`);
    return { ...data, jsep: answer.jsep };
  }

  /** @param {Message} message @returns {Promise<Message>} */
  ask(message) {
    const transaction = crypto.randomUUID();
    return within(ANSWERS_WITHIN, (done, failed) => {
      if (this.socket.readyState !== WebSocket.OPEN) return failed(new Error("the media server is gone"));
      this.waiting.set(transaction, { done, failed });
      this.socket.send(JSON.stringify({ ...message, transaction, token: this.token, ...(this.session ? { session_id: this.session } : {}) }));
    }).finally(() => this.waiting.delete(transaction));
  }

  /** An "ack" only says that the answer to a message will follow. @param {Message} message */
  hear(message) {
    this.heardAt = Date.now();
    const asked = this.waiting.get(message.transaction);
    if (message.janus === "ack") return;
    if (!asked) this.handles.get(message.sender)?.(message);
    else if (message.janus === "error") asked.failed(new Error(`${message.error.code} ${message.error.reason}`));
    else asked.done(message);
  }

  /** Something that needs no answer. @param {Message} message */
  tell(message) {
    if (this.socket.readyState === WebSocket.OPEN) this.socket.send(JSON.stringify({ ...message, transaction: crypto.randomUUID(), token: this.token, session_id: this.session }));
  }

  /** The server acknowledges every sign of life; one that stays silent is as good as gone. */
  keepAlive() {
    if (Date.now() - this.heardAt > SILENT_FOR) this.end();
    else if (this.session) this.tell({ janus: "keepalive" });
  }

  /** The network changed, or the device woke up: asks for a proof now instead of waiting for the next sign of life. */
  prove() {
    const asked = Date.now();
    this.tell({ janus: "keepalive" });
    setTimeout(() => { if (this.heardAt < asked && this.socket.onclose) this.end(); }, PROVES_WITHIN);
  }

  /** Gone without our doing. */
  end() {
    if (!this.socket.onclose) return;
    this.quit("the media server is gone");
    this.onEnd();
  }

  close() {
    this.tell({ janus: "destroy" });
    this.quit("closed");
  }

  /** @param {string} why */
  quit(why) {
    clearInterval(this.timer);
    this.socket.onclose = null;
    this.socket.onmessage = null;
    this.socket.close();
    for (const { failed } of [...this.waiting.values()]) failed(new Error(why));
    this.waiting.clear();
  }
}

/**
 * What comes of some work, or an error when it takes too long: a server that hangs must not hold a person for ever.
 * @param {number} patience milliseconds @param {(done: (answer: any) => void, failed: (why: Error) => void) => void} work
 * @returns {Promise<any>}
 */
function within(patience, work) {
  return new Promise((done, failed) => {
    const timer = setTimeout(() => failed(new Error("no answer in time")), patience);
    const settle = (/** @type {(given: any) => void} */ how) => (/** @type {any} */ given) => { clearTimeout(timer); how(given); };
    work(settle(done), settle(failed));
  });
}
