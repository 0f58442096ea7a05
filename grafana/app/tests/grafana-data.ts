/** What Grafana's module of this name gives, for tests. */
export class PanelPlugin<P> {
  constructor(readonly panel: P) {}
}
export function AppPlugin(): void {
  // It has nothing to show.
}
