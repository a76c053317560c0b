import { type Static, type TSchema, Type } from 'typebox';
import { Compile } from 'typebox/compile';

/** As `readBody` returns it. Any field may be null or missing. */
export type Shown<T> = T extends boolean
  ? boolean
  : T extends string | number
    ? string
    : T extends readonly (infer Item)[]
      ? readonly (Shown<NonNullable<Item>> | null)[]
      : T extends object
        ? { readonly [Key in keyof T]?: Shown<NonNullable<T[Key]>> | null }
        : unknown;

/** More lenient than the source's own check: a body is shown in part rather than not at all. */
export function createShownBody<S extends TSchema>(schema: S): (data: unknown) => data is Shown<Static<S>> {
  const lenient = Compile(relax(schema));
  return (data): data is Shown<Static<S>> => lenient.Check(data);
}

function relax(schema: TSchema): TSchema {
  if (Type.IsUnion(schema)) return Type.Union(schema.anyOf.filter((member) => !Type.IsNull(member)).map(relax));
  if (Type.IsArray(schema)) return Type.Array(orNull(relax(schema.items)));
  if (Type.IsObject(schema)) return Type.Object(mapValues(schema.properties, (field) => Type.Optional(orNull(relax(field)))));
  if (Type.IsBoolean(schema)) return Type.Boolean();
  return Type.IsString(schema) || Type.IsInteger(schema) || Type.IsNumber(schema) ? Type.String() : Type.Unknown();
}

const orNull = (schema: TSchema) => Type.Union([schema, Type.Null()]);

function mapValues(fields: Record<string, TSchema>, change: (field: TSchema) => TSchema): Record<string, TSchema> {
  return Object.fromEntries(Object.entries(fields).map(([name, field]) => [name, change(field)]));
}
