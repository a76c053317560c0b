import { ALERTS, type Callback, type MaskSettings, type PersonalFields } from '@ringback/contracts';
import { isNameKey, isPhoneKey } from './field-names.ts';
import { type Fields, maskJson } from './mask-json.ts';
import { type AnyOf, anyOf, keyPattern, type Pattern, pathPattern } from './path-pattern.ts';

type Mask = (callback: Callback) => Callback;

type Options = {
  readonly settings: MaskSettings;
  /** Of the callback's source. Undefined: its fields are told by their names. */
  readonly personalOf: (source: string) => PersonalFields | undefined;
};

/** An alert is about no person: the name in it is that of an output. */
const NOTHING: PersonalFields = { phone: [], name: [] };

type Place = { readonly phone: AnyOf['top']; readonly hidden: AnyOf['top'] };

/** What an output sends instead of the callback: a body of the same shape. */
export function createOutputMask({ settings, personalOf }: Options): Mask {
  const { phone = false, name = false, paths = [] } = settings;
  const own = paths.map(pathPattern);
  const known = new Map<PersonalFields | undefined, Fields<Place>>();

  function fieldsOf(personal: PersonalFields | undefined): Fields<Place> {
    const phones = phone ? patterns(personal?.phone, isPhoneKey) : [];
    const names = name ? patterns(personal?.name, isNameKey) : [];
    return placesOf(anyOf(phones), anyOf([...names, ...own]));
  }

  return (callback) => {
    const personal = callback.source === ALERTS.source ? NOTHING : personalOf(callback.source);
    const fields = known.get(personal) ?? fieldsOf(personal);
    known.set(personal, fields);
    return { ...callback, body: maskJson(callback.body, fields) };
  };
}

function patterns(paths: readonly string[] | undefined, byName: (key: string) => boolean): Pattern[] {
  return paths?.map(pathPattern) ?? [keyPattern(byName)];
}

function placesOf(phones: AnyOf, names: AnyOf): Fields<Place> {
  return {
    places: {
      top: { phone: phones.top, hidden: names.top },
      below(place, step) {
        const [phone, hidden] = [phones.below(place.phone, step), names.below(place.hidden, step)];
        return phone === place.phone && hidden === place.hidden ? place : { phone, hidden };
      },
    },
    isPhone: ({ phone }) => phones.matches(phone),
    isHidden: ({ hidden }) => names.matches(hidden),
  };
}
