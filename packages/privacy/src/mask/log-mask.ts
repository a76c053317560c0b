import type { MaskSettings } from '@ringback/contracts';
import { isNameKey } from './field-names.ts';
import { type Places, rewriteJson } from './rewrite-json.ts';
import { HIDDEN, withoutPhones } from './masked-text.ts';
import { type AnyOf, anyOf, keyPattern, pathPattern } from './path-pattern.ts';

/** Ours, and never about a person. */
const OWN = ['time', 'level', 'app', 'msg', 'code', 'responseID'];

type Place = { readonly hidden: AnyOf['top']; readonly ofOurs: AnyOf['top'] };

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
  const hidden = anyOf([...paths.map(pathPattern), ...(name ? [keyPattern(isNameKey)] : [])]);
  const ofOurs = anyOf(OWN.map((key) => pathPattern(`$.${key}`)));
  const places: Places<Place> = {
    top: { hidden: hidden.top, ofOurs: ofOurs.top },
    below: (place, step) => ({ hidden: hidden.below(place.hidden, step), ofOurs: ofOurs.below(place.ofOurs, step) }),
  };

  function masked(place: Place, json: string): string | undefined {
    if (hidden.matches(place.hidden)) return JSON.stringify(HIDDEN);
    if (!phone || !json.startsWith('"') || ofOurs.matches(place.ofOurs)) return undefined;
    const text = json.slice(1, -1);
    const without = withoutPhones(text);
    return without === text ? undefined : `"${without}"`;
  }

  return (line) => rewriteJson(line, { places, scalar: masked });
}
