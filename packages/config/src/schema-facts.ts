import { type TObject, type TSchema, Type } from 'typebox';

/** How a schema holds secrets: as one text, as a list of texts, or as texts by name; undefined: some other way, or none. */
export function secretShape(schema: TSchema): 'text' | 'list' | 'record' | undefined {
  if (isSecret(schema)) return 'text';
  if (Type.IsArray(schema) && isSecret(schema.items)) return 'list';
  return Type.IsRecord(schema) && isSecret(Type.RecordValue(schema)) ? 'record' : undefined;
}

function isSecret(schema: TSchema): boolean {
  return 'x-secret' in schema;
}

/** What a text's pattern asks for, said for people. */
export function wordsOfPattern(schema: TSchema): string | undefined {
  return 'x-words' in schema ? String(schema['x-words']) : undefined;
}

/** Whether a secret may stand anywhere in what the schema describes: then no value found in its place is ever shown. */
export function holdsSecret(schema: TSchema): boolean {
  return JSON.stringify(schema).includes('"x-secret"');
}

/** The environment variable that stands in for a key that is absent. */
export function environmentOf(schema: TSchema): string | undefined {
  return 'x-environment' in schema && typeof schema['x-environment'] === 'string' ? schema['x-environment'] : undefined;
}

/** Whether a key may be absent because there is something to put in its place: a default, a variable, or a section of only such keys. */
export function fillsItself(schema: TSchema): boolean {
  if ('default' in schema || environmentOf(schema) !== undefined) return true;
  if (!Type.IsObject(schema)) return false;
  const properties = Object.values(schema.properties);
  return properties.some(fillsItself) && properties.every((property) => fillsItself(property) || Type.IsOptional(property));
}

/** Stanzas of different types: each by its `type`. Undefined for any other schema. */
export function stanzasOf(schema: TSchema): ReadonlyMap<string, TObject> | undefined {
  if (!Type.IsUnion(schema)) return undefined;
  const stanzas = new Map<string, TObject>();
  for (const branch of schema.anyOf) {
    const type = Type.IsObject(branch) ? branch.properties['type'] : undefined;
    if (!Type.IsObject(branch) || !Type.IsLiteral(type) || typeof type.const !== 'string') return undefined;
    stanzas.set(type.const, branch);
  }
  return stanzas;
}
