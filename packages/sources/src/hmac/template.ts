const PLACES = ['body', 'timestamp', 'id', 'url', 'method'] as const;
type Place = (typeof PLACES)[number];

export type Part = { readonly text: string } | { readonly place: Place };

const PLACE = /\{([^{}]*)\}/g;

/** `v0:{timestamp}:{body}` → its parts. MUST be free of problems. */
export function readTemplate(template: string): Part[] {
  const parts: Part[] = [];
  let end = 0;
  for (const match of template.matchAll(PLACE)) {
    if (match.index > end) parts.push({ text: template.slice(end, match.index) });
    const place = PLACES.find((known) => known === match[1]);
    if (place !== undefined) parts.push({ place });
    end = match.index + match[0].length;
  }
  if (end < template.length) parts.push({ text: template.slice(end) });
  return parts;
}

export function problemOfTemplate(template: string): string | undefined {
  const names = [...template.matchAll(PLACE)].map(([, name = '']) => name);
  const unknown = names.find((name) => !PLACES.some((place) => place === name));
  if (unknown !== undefined) return `has {${unknown}}; known are ${PLACES.map((place) => `{${place}}`).join(', ')}`;
  // Otherwise anyone who saw a signature could send another body.
  return names.includes('body') ? undefined : 'has no {body}: the signature must cover the body';
}
