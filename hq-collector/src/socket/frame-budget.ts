/** Frames a store may send in a burst, and how many a second after it. A register heartbeat is at most 1/s. */
const burstFrames = 100;
const framesPerSecond = 20;
/** A frame that HQ cannot use costs as much as this many good ones. */
const badFrameCost = 10;

/** A token bucket for one connection: what a store sends can be malformed, but not endlessly. */
export class FrameBudget {
  private frames = burstFrames;
  private refilledAtMs = performance.now();

  /** @returns whether the frame is within the budget. */
  take(frame: 'good' | 'bad'): boolean {
    const nowMs = performance.now();
    this.frames = Math.min(burstFrames, this.frames + ((nowMs - this.refilledAtMs) / 1000) * framesPerSecond);
    this.refilledAtMs = nowMs;
    this.frames -= frame === 'bad' ? badFrameCost : 1;
    return this.frames >= 0;
  }
}
