const LONGEST = 120;

/** A sender's event name for the end of a type: `orders/create` → `orders.create`. */
export function typeWords(event: string): string {
  const words = event
    .split(/[./:\s]+/)
    .map((word) => word.replaceAll(/[^\w-]/g, '_'))
    .filter((word) => word !== '');
  const text = words.join('.').slice(0, LONGEST).replace(/\.$/, '');
  return text === '' ? 'unknown' : text;
}
