// How a line to a media server does: what is lost on it, by the browser's own counters, and whether it still stands.

const HURT_FOR = 5_000;
const GIVEN_UP_AFTER = 20_000;

/** Lost packets between two looks at one connection. */
export class Gauge {
  constructor() {
    /** @type {{lost: number, got: number}} */
    this.before = { lost: 0, got: 0 };
  }

  /** The lost share of what was sent since the last look, as the other side reports it, 0 to 1. @param {RTCPeerConnection} pc */
  async up(pc) {
    let loss = 0;
    for (const report of (await pc.getStats()).values()) {
      if (report.type === "remote-inbound-rtp") loss = Math.max(loss, report.fractionLost ?? 0);
    }
    return loss;
  }

  /** The lost share of what should have arrived since the last look, 0 to 1. @param {RTCPeerConnection} pc */
  async down(pc) {
    const now = { lost: 0, got: 0 };
    for (const report of (await pc.getStats()).values()) {
      if (report.type !== "inbound-rtp") continue;
      now.lost += report.packetsLost ?? 0;
      now.got += report.packetsReceived ?? 0;
    }
    const lost = Math.max(0, now.lost - this.before.lost);
    const got = Math.max(0, now.got - this.before.got);
    this.before = now;
    return lost + got ? lost / (lost + got) : 0;
  }
}

/** Whether one connection stands, and what is to be done about it. */
export class Health {
  constructor() {
    this.hurtAt = 0;
    this.mendedAt = 0;
  }

  /**
   * @param {RTCPeerConnectionState} state @param {number} now milliseconds
   * @returns {"fine" | "hurt" | "mend" | "given up"} "mend": now is the time for a fresh try
   */
  look(state, now) {
    if (state !== "failed" && state !== "disconnected") {
      this.hurtAt = this.mendedAt = 0;
      return "fine";
    }
    this.hurtAt ||= now;
    if (now - this.hurtAt > GIVEN_UP_AFTER) return "given up";
    const due = state === "failed" || now - this.hurtAt > HURT_FOR;
    if (!due || now - this.mendedAt < HURT_FOR) return "hurt";
    this.mendedAt = now;
    return "mend";
  }
}
