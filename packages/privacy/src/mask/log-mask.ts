import type { MaskSettings } from '@ringback/contracts';
import { isNameKey } from './field-names.ts';
import { rewriteScalars } from './json-scalars.ts';
import { HIDDEN, withoutPhones } from './masked-text.ts';
import { pathPattern } from './path-pattern.ts';

/** Ours, and never about a person. */
const OWN = new Set<string | number>(['time', 'level', 'app', 'msg', 'code', 'responseID']);

type MaskLine = (line: string) => string;

/** For lines of the log, which are JSON. `settings` may change while the process runs. Undefined: nothing is hidden. */
export function createLogMask(settings: () => MaskSettings | undefined): MaskLine {
  let made: { readonly of: MaskSettings; readonly mask: MaskLine } | undefined;
  return (line) => {
    const now = settings();
    if (now === undefined) return line;
    if (made?.of !== now) made = { of: now, mask: maskBy(now) };
    return made.mask(line);
  };
}

function maskBy({ phone = false, name = false, paths = [] }: MaskSettings): MaskLine {
  const own = paths.map(pathPattern);
  return (line) =>
    rewriteScalars(line, (path, json) => {
      if (own.some((fits) => fits(path)) || (name && path.some(isNameKey))) return JSON.stringify(HIDDEN);
      if (!phone || !json.startsWith('"') || OWN.has(path[0] ?? '')) return undefined;
      const text = json.slice(1, -1);
      const masked = withoutPhones(text);
      return masked === text ? undefined : `"${masked}"`;
    });
}
