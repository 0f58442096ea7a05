const barChars = 30;

/** `████████░░░░  40 %  4,000 of 10,000 records` */
export function progressBar({ percent, text }: { readonly percent: number; readonly text: string }): string {
  const full = Math.round((Math.min(100, Math.max(0, percent)) / 100) * barChars);
  return `${'█'.repeat(full)}${'░'.repeat(barChars - full)} ${String(percent).padStart(3)} %  ${text}`;
}
