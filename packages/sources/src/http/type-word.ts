const LONGEST = 120;

/** What a sender calls an event, as the part of a type after its first word: `orders/create` → `orders.create`. Only letters, digits, `_`, `-` and dots. */
export function typeWords(event: string): string {
  const words = event
    .split(/[./:\s]+/)
    .map((word) => word.replaceAll(/[^\w-]/g, '_'))
    .filter((word) => word !== '');
  const text = words.join('.').slice(0, LONGEST).replace(/\.$/, '');
  return text === '' ? 'unknown' : text;
}
