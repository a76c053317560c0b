import type { Callback, MaskSettings, PersonalFields } from '@ringback/contracts';
import { isNameKey, isPhoneKey } from './field-names.ts';
import { type Fields, maskJson } from './mask-json.ts';
import { pathPattern } from './path-pattern.ts';

type Mask = (callback: Callback) => Callback;

type Options = {
  readonly settings: MaskSettings;
  /** Of the callback's source. Undefined: its fields are told by their names. */
  readonly personalOf: (source: string) => PersonalFields | undefined;
};

/** What an output sends instead of the callback: a body of the same shape. */
export function createOutputMask({ settings, personalOf }: Options): Mask {
  const { phone = false, name = false, paths = [] } = settings;
  const own = paths.map(pathPattern);
  const known = new Map<PersonalFields | undefined, Fields>();

  function fieldsOf(personal: PersonalFields | undefined): Fields {
    const phones = phone ? matcher(personal?.phone, isPhoneKey) : never;
    const names = name ? matcher(personal?.name, isNameKey) : never;
    return { isPhone: phones, isHidden: (path) => names(path) || own.some((fits) => fits(path)) };
  }

  return (callback) => {
    const personal = personalOf(callback.source);
    const fields = known.get(personal) ?? fieldsOf(personal);
    known.set(personal, fields);
    return { ...callback, body: maskJson(callback.body, fields) };
  };
}

const never = () => false;

function matcher(paths: readonly string[] | undefined, byName: (key: string | number) => boolean): Fields['isPhone'] {
  if (paths === undefined) return (path) => path.some(byName);
  const patterns = paths.map(pathPattern);
  return (path) => patterns.some((fits) => fits(path));
}
