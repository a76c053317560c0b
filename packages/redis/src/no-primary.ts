/** No primary could be found. `kind` is that of a `Trouble`, the message is its reason. */
export class NoPrimary extends Error {
  readonly kind: string;

  constructor({ kind, reason }: { kind: string; reason: string }) {
    super(reason);
    this.name = 'NoPrimary';
    this.kind = kind;
  }
}
