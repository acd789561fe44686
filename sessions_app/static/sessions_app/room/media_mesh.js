// Picture and sound from browser to browser. One connection per other person with three fixed lines (microphone, camera,
// screen), so that switching something on or off only swaps a track and nothing is negotiated anew. Setting up follows the
// "perfect negotiation" pattern: of two people the one with the larger id calls, and gives way to nobody.
import { LEVELS, nextQuality } from "./media_rules.js";

/**
 * @typedef {import("./media_rules.js").Source} Source
 * @typedef {{kind: string, call?: string, to_call?: string, sdp?: string, candidate?: string, mid?: string, line?: number}} Signal
 * @typedef {object} Carrier
 * @property {string} me
 * @property {string} call this window's part
 * @property {(to: string, signal: Signal) => void} send
 * @property {(person: string, source: Source, track: MediaStreamTrack) => void} onTrack
 * @property {(person: string) => void} onGone
 * @property {() => void} onBroken the media server is gone
 * @property {() => void} onElsewhere the media server knows this person by another window now
 * @property {(on: boolean) => void} onHurt whether what is heard and seen stands still, and is being mended
 * @property {(on: boolean) => void} onWeak whether the line is too weak for one's own picture
 */

/** @type {Source[]} */
const LINES = ["mic", "camera", "screen"];
const LOOK_EVERY = 3_000;
const HURT_FOR = 5_000;
const SCREEN_BITRATE = 900_000;

class Peer {
  /** @param {Mesh} mesh @param {string} person @param {string} call */
  constructor(mesh, person, call) {
    this.mesh = mesh;
    this.person = person;
    this.call = call;
    this.polite = mesh.carrier.me < person;
    this.making = false;
    this.ignoring = false;
    this.wantsVideo = true;
    this.quality = { level: 0, calm: 0 };
    this.hurtAt = 0;
    this.mendedAt = 0;
    this.waits = 0;
    /** @type {RTCIceCandidateInit[]} */
    this.early = [];
    this.pc = new RTCPeerConnection(mesh.configuration());
    this.pc.onnegotiationneeded = () => this.offer();
    this.pc.onicecandidate = ({ candidate }) => { if (candidate?.candidate) this.tell({ kind: "candidate", candidate: candidate.candidate, mid: candidate.sdpMid ?? "", line: candidate.sdpMLineIndex ?? 0 }); };
    this.pc.ontrack = ({ transceiver, track }) => {
      const source = LINES[this.pc.getTransceivers().indexOf(transceiver)];
      if (source) mesh.carrier.onTrack(person, source, track);
    };
    this.pc.onconnectionstatechange = () => { if (this.pc.connectionState === "connected") this.shape(); };
    if (!this.polite) {
      for (const source of LINES) this.pc.addTransceiver(source === "mic" ? "audio" : "video", { direction: "sendrecv" });
      this.fill();
    }
  }

  /** @param {Signal} signal */
  tell(signal) {
    this.mesh.carrier.send(this.person, { ...signal, call: this.mesh.carrier.call, to_call: this.call });
  }

  async offer() {
    try {
      this.making = true;
      await this.pc.setLocalDescription();
      this.tell({ kind: "offer", sdp: this.pc.localDescription?.sdp ?? "" });
    } finally {
      this.making = false;
    }
  }

  /** @param {Signal} signal */
  async hear(signal) {
    if (signal.kind === "candidate") return this.candidate({ candidate: signal.candidate, sdpMid: signal.mid, sdpMLineIndex: signal.line });
    const type = /** @type {"offer" | "answer"} */ (signal.kind);
    const clash = type === "offer" && (this.making || this.pc.signalingState !== "stable");
    this.ignoring = clash && !this.polite;
    if (this.ignoring || (type === "answer" && this.pc.signalingState !== "have-local-offer")) return;
    await this.pc.setRemoteDescription({ type, sdp: signal.sdp });
    for (const early of this.early.splice(0)) await this.candidate(early);
    if (type === "answer") return;
    for (const line of this.pc.getTransceivers()) line.direction = "sendrecv";
    await this.fill();
    await this.pc.setLocalDescription();
    this.tell({ kind: "answer", sdp: this.pc.localDescription?.sdp ?? "" });
  }

  /** @param {RTCIceCandidateInit} candidate */
  async candidate(candidate) {
    if (this.pc.remoteDescription === null) {
      this.early.push(candidate);
      return;
    }
    try {
      await this.pc.addIceCandidate(candidate);
    } catch (trouble) {
      if (!this.ignoring) console.info("a path was not taken", trouble);
    }
  }

  /** The sender of one line, once there is one. @param {Source} source */
  sender(source) {
    return this.pc.getTransceivers()[LINES.indexOf(source)]?.sender;
  }

  /** Brings every line to what is sent now. */
  async fill() {
    await Promise.all(LINES.map((source) => this.put(source)));
  }

  /** @param {Source} source */
  async put(source) {
    const dropped = source === "camera" && LEVELS[this.quality.level] === null;
    const track = source !== "mic" && (!this.wantsVideo || dropped) ? null : this.mesh.tracks[source];
    const sender = this.sender(source);
    if (sender && sender.track !== track) await sender.replaceTrack(track);
  }

  /** How much of each line goes out: sound first, a small picture, a clear screen. */
  async shape() {
    const level = LEVELS[this.quality.level];
    if (level) await limit(this.sender("camera"), { maxBitrate: level.bitrate, maxFramerate: level.fps, scaleResolutionDownBy: level.shrink, priority: "low" }, "balanced");
    await limit(this.sender("screen"), { maxBitrate: SCREEN_BITRATE, priority: "low" }, "maintain-resolution");
    await limit(this.sender("mic"), { priority: "high", networkPriority: "high" });
  }

  /** One look at the line: repeats what was not answered, mends what broke, and sends less when packets are lost. */
  async look() {
    const { connectionState, signalingState } = this.pc;
    if (signalingState === "have-local-offer" && connectionState !== "connected" && this.waits++ % 2 === 1) this.tell({ kind: "offer", sdp: this.pc.localDescription?.sdp ?? "" });
    const hurt = connectionState === "failed" || connectionState === "disconnected";
    if (!hurt) this.hurtAt = this.mendedAt = 0;
    else if (!this.hurtAt) this.hurtAt = Date.now();
    const due = connectionState === "failed" || (hurt && Date.now() - this.hurtAt > HURT_FOR);
    if (due && Date.now() - this.mendedAt > HURT_FOR) {
      this.mendedAt = Date.now();
      if (!this.polite) this.pc.restartIce();
    }
    if (connectionState === "connected") await this.adapt();
  }

  async adapt() {
    let loss = 0;
    for (const report of (await this.pc.getStats()).values()) {
      if (report.type === "remote-inbound-rtp") loss = Math.max(loss, report.fractionLost ?? 0);
    }
    const before = this.quality.level;
    this.quality = nextQuality(this.quality, loss);
    if (this.quality.level === before) return;
    await this.shape();
    await this.put("camera");
  }
}

/** @param {RTCRtpSender | undefined} sender @param {Record<string, unknown>} how @param {RTCDegradationPreference} [keeps] */
async function limit(sender, how, keeps) {
  const parameters = sender?.getParameters();
  if (!sender || !parameters?.encodings?.length) return;
  Object.assign(parameters.encodings[0], how);
  if (keeps) Object.assign(parameters, { degradationPreference: keeps });
  await sender.setParameters(parameters).catch(() => {}); // a browser that knows less still sends
}

export class Mesh {
  /** @param {import("./media.js").Grant} grant @param {Carrier} carrier */
  constructor(grant, carrier) {
    this.grant = grant;
    this.carrier = carrier;
    /** @type {Map<string, Peer>} */
    this.peers = new Map();
    /** @type {Record<Source, MediaStreamTrack | null>} */
    this.tracks = { mic: null, camera: null, screen: null };
    this.timer = setInterval(() => this.look(), LOOK_EVERY);
  }

  look() {
    // Nothing is said of connections that stand still: to peers, somebody who is in a private talk must look like anybody else.
    for (const peer of this.peers.values()) peer.look();
  }

  /** @returns {RTCConfiguration} */
  configuration() {
    const { ice, relay_only } = this.grant;
    const iceServers = ice.map(({ urls, username, credential }) => (credential ? { urls, username: username ?? "", credential } : { urls }));
    return { iceServers, iceTransportPolicy: relay_only ? "relay" : "all", bundlePolicy: "max-bundle" };
  }

  /** A fresh grant: new credentials for what is mended or begun from here on. @param {import("./media.js").Grant} grant */
  renew(grant) {
    this.grant = grant;
    for (const { pc } of this.peers.values()) pc.setConfiguration(this.configuration());
  }

  /** Somebody's window takes part; the one who calls begins. @param {string} person @param {string} call */
  meet(person, call) {
    const known = this.peers.get(person);
    if (known?.call === call) return;
    if (known) this.part(person);
    if (this.carrier.me > person) this.peers.set(person, new Peer(this, person, call));
  }

  /** @param {string} person @param {Signal} signal */
  hear(person, signal) {
    const call = signal.call ?? "";
    let peer = this.peers.get(person);
    if (peer?.call !== call) {
      if (signal.kind !== "offer") return;
      this.part(person);
      peer = new Peer(this, person, call);
      this.peers.set(person, peer);
    }
    peer.hear(signal).catch((trouble) => this.begin(person, signal, trouble));
  }

  /**
   * A signal that does not fit the connection one has: the other side began anew, and so does this one.
   * @param {string} person @param {Signal} signal @param {unknown} trouble
   */
  begin(person, signal, trouble) {
    console.info("a signal could not be used", trouble);
    const peer = this.peers.get(person);
    if (signal.kind === "candidate" || !peer || peer.pc.signalingState === "closed" || peer.call !== signal.call) return;
    this.part(person);
    const fresh = new Peer(this, person, peer.call);
    this.peers.set(person, fresh);
    if (signal.kind === "offer") fresh.hear(signal).catch((again) => console.info("a signal could not be used again", again));
  }

  /** Nothing of this person is heard or sent any more. @param {string} person */
  part(person) {
    const peer = this.peers.get(person);
    if (!peer) return;
    this.peers.delete(person);
    peer.pc.close();
    this.carrier.onGone(person);
  }

  /** What is sent from one source from here on. @param {Source} source @param {MediaStreamTrack | null} track */
  put(source, track) {
    this.tracks[source] = track;
    for (const peer of this.peers.values()) peer.put(source);
  }

  /** Whether this person wants pictures at all. @param {string} person @param {boolean} wants */
  wants(person, wants) {
    const peer = this.peers.get(person);
    if (!peer || peer.wantsVideo === wants) return;
    peer.wantsVideo = wants;
    peer.fill();
  }

  /** The others were told already, and send no picture to a window that wants none. */
  ask() {}

  /** Every picture is small. */
  enlarge() {}

  /** The track itself is silent. */
  hold() {}

  /** @returns {Map<string, RTCPeerConnection>} for a look at what flows */
  connections() {
    return new Map([...this.peers].map(([person, { pc }]) => [person, pc]));
  }

  close() {
    clearInterval(this.timer);
    for (const person of [...this.peers.keys()]) this.part(person);
  }
}
