import { type TObject, type TSchema, Type } from 'typebox';
import { fillsItself, rivalsIn, secretShape, stanzasOf, wordsOfPattern } from './schema-facts.ts';
import { type OutputTypes, settingsSchema, type SourceTypes } from './schema.ts';
import { fileKey } from './secret-files.ts';

type Json = Readonly<Record<string, unknown>>;

const IN_FILE = { text: '', list: ', one a line', record: ' as lines of `Name: value`' } as const;
const VARIABLE = { type: 'string', pattern: String.raw`\$\{` };

/**
 * For editors (draft-07). One form per type; `…File` twins of secrets; `${VAR}` wherever a value that is not
 * free text stands.
 */
export function jsonSchema(types: { sourceTypes: SourceTypes; outputTypes: OutputTypes }): object {
  return {
    $schema: 'http://json-schema.org/draft-07/schema#',
    title: 'Ringback settings',
    ...convert(settingsSchema(types)),
  };
}

function convert(schema: TSchema): Json {
  const about = pick(schema, ['description', 'default']);
  const stanzas = stanzasOf(schema);
  if (stanzas !== undefined) return { ...about, ...convertStanzas(stanzas) };
  if (Type.IsUnion(schema))
    return { ...about, anyOf: [...schema.anyOf.map(bare), ...(schema.anyOf.every(isFree) ? [] : [VARIABLE])] };
  const own = bare(schema);
  return isFree(schema) ? own : { ...about, anyOf: [omit(own, ['description', 'default']), VARIABLE] };
}

/** A schema that allows no variable. */
function bare(schema: TSchema): Json {
  if (Type.IsObject(schema)) return convertSection(schema);
  const plain = Object.entries(schema).filter(([keyword]) => !/^(x-|~)/.test(keyword));
  const words = wordsOfPattern(schema);
  const own = {
    ...Object.fromEntries(plain),
    ...('x-pattern' in schema && { pattern: schema['x-pattern'] }),
    // For editors' JSON and YAML servers; validators ignore it.
    ...(words !== undefined && { patternErrorMessage: `This is not ${words}.` }),
  };
  if (Type.IsArray(schema)) return { ...own, items: convert(schema.items) };
  if (Type.IsRecord(schema))
    return { ...own, patternProperties: { [Type.RecordPattern(schema)]: convert(Type.RecordValue(schema)) } };
  return own;
}

/** Any text fits, or none may stand here. */
function isFree(schema: TSchema): boolean {
  if (Type.IsArray(schema) || Type.IsObject(schema) || Type.IsRecord(schema)) return true;
  return Type.IsString(schema) && !('pattern' in schema) && !('format' in schema);
}

function convertSection(schema: TObject): Json {
  const properties: Record<string, Json> = {};
  const required: string[] = [];
  const twins: Json[] = rivalPairs(schema);
  for (const [key, property] of Object.entries(schema.properties)) {
    const mustStand = !fillsItself(property) && !Type.IsOptional(property);
    properties[key] = Type.IsLiteral(property) ? bare(property) : convert(property);
    const shape = secretShape(property);
    if (shape === undefined) {
      if (mustStand) required.push(key);
      continue;
    }
    const twin = fileKey(key);
    const description = `A file that holds ${key}${IN_FILE[shape]}; relative to the folder of the settings.`;
    properties[twin] = { type: 'string', minLength: 1, description };
    twins.push(mustStand ? { oneOf: [{ required: [key] }, { required: [twin] }] } : { not: { required: [key, twin] } });
  }
  return {
    type: 'object',
    ...pick(schema, ['description']),
    properties,
    ...(required.length > 0 ? { required } : {}),
    additionalProperties: false,
    ...(twins.length > 0 ? { allOf: twins } : {}),
    ...('x-one-of' in schema && Array.isArray(schema['x-one-of'])
      ? { oneOf: schema['x-one-of'].map((key) => ({ required: [key] })) }
      : {}),
  };
}

/** No two of the keys that exclude one another, nor of their `…File` twins. */
function rivalPairs(schema: TObject): Json[] {
  const keys = rivalsIn(schema).map((key) => {
    const property = schema.properties[key];
    return property !== undefined && secretShape(property) !== undefined ? [key, fileKey(key)] : [key];
  });
  return keys.flatMap((ours, index) =>
    keys.slice(index + 1).flatMap((theirs) => ours.flatMap((a) => theirs.map((b) => ({ not: { required: [a, b] } })))),
  );
}

/** if/then instead of a union: editors then name the problem within the right type. */
function convertStanzas(stanzas: ReadonlyMap<string, TObject>): Json {
  return {
    type: 'object',
    properties: { type: { enum: [...stanzas.keys()] } },
    required: ['type'],
    allOf: [...stanzas].map(([type, stanza]) => ({
      if: { properties: { type: { const: type } }, required: ['type'] },
      // eslint-disable-next-line unicorn/no-thenable -- the keyword of JSON Schema
      then: convertSection(stanza),
    })),
  };
}

function pick(schema: object, keywords: readonly string[]): Json {
  return Object.fromEntries(Object.entries(schema).filter(([keyword]) => keywords.includes(keyword)));
}

function omit(schema: object, keywords: readonly string[]): Json {
  return Object.fromEntries(Object.entries(schema).filter(([keyword]) => !keywords.includes(keyword)));
}
