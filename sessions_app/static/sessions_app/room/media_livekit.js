// Picture and sound through a LiveKit server, by LiveKit's own client (vendor/livekit-client.umd.js, loaded only when needed).
// It makes and mends the connections; this brings the room's orders to it: who is sent what, and how large.
//
// A token fits one person and one room. Who is put out, or goes on in another window, is told why by the server.

/**
 * @typedef {import("./media_rules.js").Source} Source
 * @typedef {import("./media_mesh.js").Carrier} Carrier
 * @typedef {{[name: string]: any}} Kit LiveKit's client: its documentation is the contract
 */

/** @type {Record<Source, string>} as LiveKit names them */
const NAMES = { mic: "microphone", camera: "camera", screen: "screen_share" };
/** @type {Record<string, Source>} */
const SOURCES = Object.fromEntries(Object.entries(NAMES).map(([source, name]) => [name, /** @type {Source} */ (source)]));
const LIBRARY = "../vendor/livekit-client.umd.js";

/** LiveKit's client: a classic script that leaves one name behind. @returns {Promise<Kit>} */
async function library() {
  const known = () => /** @type {{LivekitClient?: Kit}} */ (globalThis).LivekitClient;
  if (!known()) await import(LIBRARY);
  return /** @type {Kit} */ (known());
}

export class Room {
  /** @param {import("./media.js").Grant} grant @param {Carrier} carrier @returns {Promise<Room>} once in the room */
  static async enter(grant, carrier) {
    const room = new Room(grant, carrier, await library());
    try {
      await room.begin();
    } catch (trouble) {
      room.close();
      throw trouble;
    }
    return room;
  }

  /** @param {import("./media.js").Grant} grant @param {Carrier} carrier @param {Kit} kit */
  constructor(grant, carrier, kit) {
    this.grant = grant;
    this.carrier = carrier;
    this.kit = kit;
    this.pictures = true;
    /** @type {Set<string>} whose picture is shown large */
    this.large = new Set();
    /** @type {Record<Source, MediaStreamTrack | null>} what is to be sent */
    this.tracks = { mic: null, camera: null, screen: null };
    /** @type {Promise<unknown>} what is published, one thing after the other */
    this.turn = Promise.resolve();
    kit.setLogLevel("silent"); // its log names people
    this.room = new kit.Room({
      adaptiveStream: false, // the page says which pictures are large
      dynacast: true,
      disconnectOnPageLeave: true,
      stopLocalTrackOnUnpublish: false, // devices are the page's own
      publishDefaults: { simulcast: true, dtx: true, red: true, stopMicTrackOnMute: false },
    });
    this.listen();
  }

  listen() {
    const { RoomEvent, DisconnectReason } = this.kit;
    this.room
      .on(RoomEvent.TrackSubscribed, (/** @type {Kit} */ track, /** @type {Kit} */ publication, /** @type {Kit} */ person) => {
        const source = SOURCES[publication.source];
        if (source) this.carrier.onTrack(person.identity, source, track.mediaStreamTrack);
        this.fit(publication, person.identity);
      })
      .on(RoomEvent.ParticipantDisconnected, (/** @type {Kit} */ person) => this.carrier.onGone(person.identity))
      .on(RoomEvent.SignalReconnecting, () => this.carrier.onHurt(true))
      .on(RoomEvent.Reconnecting, () => this.carrier.onHurt(true))
      .on(RoomEvent.Reconnected, () => this.carrier.onHurt(false))
      .on(RoomEvent.Disconnected, (/** @type {number | undefined} */ reason) => {
        if (reason === DisconnectReason.DUPLICATE_IDENTITY) this.carrier.onElsewhere();
        else this.carrier.onBroken();
      });
  }

  async begin() {
    const { url, token, ice } = this.grant;
    const iceServers = ice.map(({ urls, username, credential }) => (credential ? { urls, username: username ?? "", credential } : { urls }));
    await this.room.connect(url, token, { autoSubscribe: true, maxRetries: 1, ...(iceServers.length ? { rtcConfig: { iceServers } } : {}) });
  }

  /** The server keeps the token of who is in fresh by itself; this one opens the door again. @param {import("./media.js").Grant} grant */
  renew(grant) {
    this.grant = grant;
  }

  /** What is sent from one source from here on. @param {Source} source @param {MediaStreamTrack | null} track */
  put(source, track) {
    this.tracks[source] = track;
    this.turn = this.turn.then(() => this.publish(source)).catch((trouble) => console.info("a track was not sent", trouble));
  }

  /** Brings one source to what is to be sent now. @param {Source} source */
  async publish(source) {
    const me = this.room.localParticipant;
    const wanted = this.tracks[source];
    const before = me.getTrackPublication(NAMES[source]);
    const sent = before?.track?.mediaStreamTrack ?? null;
    if (sent === wanted) return;
    if (before) await me.unpublishTrack(before.track, false);
    if (wanted && this.grant.may_publish.includes(source)) await me.publishTrack(wanted, { source: NAMES[source], name: source, ...this.how(source) });
  }

  /** How one source goes up: sound first, a camera in two sizes, a clear screen. @param {Source} source @returns {Record<string, unknown>} */
  how(source) {
    if (source === "mic") return { audioPreset: { maxBitrate: 32_000, priority: "high" } };
    if (source === "screen") return { simulcast: false, videoEncoding: { maxBitrate: 900_000, maxFramerate: 8 } };
    return {
      videoEncoding: { maxBitrate: 450_000, maxFramerate: 15, priority: "low" },
      videoSimulcastLayers: [new this.kit.VideoPreset(320, 180, 120_000, 15)],
    };
  }

  /** Staff muted, or it was lifted: the server keeps what it silenced until the sender speaks again. @param {Source} source @param {boolean} on */
  hold(source, on) {
    const publication = this.room.localParticipant.getTrackPublication(NAMES[source]);
    if (!publication || publication.isMuted === on) return;
    this.turn = this.turn.then(() => (on ? publication.mute() : publication.unmute())).catch(() => {});
  }

  /** Whether pictures are sent to this window at all: sound comes before them. @param {boolean} on */
  ask(on) {
    this.pictures = on;
    this.fitAll();
  }

  /** Whose pictures are shown large. @param {Set<string>} people */
  enlarge(people) {
    this.large = people;
    this.fitAll();
  }

  fitAll() {
    for (const person of this.room.remoteParticipants.values()) {
      for (const publication of person.trackPublications.values()) this.fit(publication, person.identity);
    }
  }

  /** Asks for one picture as it is needed now. @param {Kit} publication @param {string} person */
  fit(publication, person) {
    if (publication.source !== NAMES.camera && publication.source !== NAMES.screen) return;
    publication.setEnabled(this.pictures);
    const { HIGH, LOW } = this.kit.VideoQuality;
    if (this.pictures) publication.setVideoQuality(this.large.has(person) || publication.source === NAMES.screen ? HIGH : LOW);
  }

  // What only browsers among themselves need.
  meet() {}
  hear() {}
  part() {}
  wants() {}

  connections() {
    return new Map(); // the library keeps them
  }

  close() {
    this.room.removeAllListeners();
    this.room.disconnect(false).catch(() => {});
  }
}
