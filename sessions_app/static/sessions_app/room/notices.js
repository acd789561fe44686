// What clients said about coming tonight, beside their name until they are here. Asked for again every few seconds: it may
// be said at any time before the group, by somebody who is not connected to the room yet.

const EVERY_MS = 15_000;

export class Notices {
  /** @param {string} address @param {() => boolean} wanted whether anybody is still to come */
  constructor(address, wanted) {
    this.address = address;
    this.wanted = wanted;
    /** @type {Record<string, string>} */
    this.said = {};
    if (!address) return;
    this.ask();
    setInterval(() => this.ask(), EVERY_MS);
    document.addEventListener("visibilitychange", () => this.ask());
  }

  async ask() {
    if (document.hidden || !this.wanted()) return;
    try {
      const answer = await fetch(this.address, { headers: { Accept: "application/json" } });
      if (answer.ok && !answer.redirected) this.said = await answer.json();
    } catch {
      // The line to the room says that the connection is lost; what was said stays.
    }
  }

  /** @param {string} person @param {string} state @param {string} note @returns {string} the note, with what they said */
  beside(person, state, note) {
    const said = this.said[person];
    return said && (state === "expected" || state === "missing") ? `says: ${said}, ${note}` : note;
  }
}
