import { type TObject, type TSchema, Type } from 'typebox';

/** How a schema holds secrets. Undefined: in none of these ways. */
export function secretShape(schema: TSchema): 'text' | 'list' | 'record' | undefined {
  if (isSecret(schema)) return 'text';
  if (Type.IsArray(schema) && isSecret(schema.items)) return 'list';
  return Type.IsRecord(schema) && isSecret(Type.RecordValue(schema)) ? 'record' : undefined;
}

function isSecret(schema: TSchema): boolean {
  return 'x-secret' in schema;
}

export function wordsOfPattern(schema: TSchema): string | undefined {
  return 'x-words' in schema ? String(schema['x-words']) : undefined;
}

/** True if the schema contains a secret. Values at such places are never shown. */
export function holdsSecret(schema: TSchema): boolean {
  return JSON.stringify(schema).includes('"x-secret"');
}

/** It replaces an absent key. */
export function environmentOf(schema: TSchema): string | undefined {
  return 'x-environment' in schema && typeof schema['x-environment'] === 'string' ? schema['x-environment'] : undefined;
}

/** True if the key may be absent: it has a default, a variable, or is a section of such keys. */
export function fillsItself(schema: TSchema): boolean {
  if ('default' in schema || environmentOf(schema) !== undefined) return true;
  if (!Type.IsObject(schema)) return false;
  const properties = Object.values(schema.properties);
  return properties.some(fillsItself) && properties.every((property) => fillsItself(property) || Type.IsOptional(property));
}

/** Stanzas by `type`. Undefined for other schemas. */
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

/** The keys of a section of which at most one may stand. Empty: any may. */
export function rivalsIn(schema: TSchema): readonly string[] {
  return 'x-at-most-one-of' in schema && Array.isArray(schema['x-at-most-one-of']) ? schema['x-at-most-one-of'].map(String) : [];
}

const OF_CHILDREN = ['properties', 'patternProperties', 'additionalProperties', 'items'];
const ownSchemas = new WeakMap<TSchema, TSchema>();

/** What a schema asks of the value itself, not of its children: a check of all of it at each depth would be slow. */
export function ownSchema(schema: TSchema): TSchema {
  if (!Type.IsObject(schema) && !Type.IsRecord(schema) && !Type.IsArray(schema)) return schema;
  const known = ownSchemas.get(schema);
  if (known !== undefined) return known;
  // Refinements are hidden properties, which a spread would lose.
  const own: TSchema = Object.defineProperties({}, Object.getOwnPropertyDescriptors(schema));
  for (const keyword of OF_CHILDREN) Reflect.deleteProperty(own, keyword);
  ownSchemas.set(schema, own);
  return own;
}
