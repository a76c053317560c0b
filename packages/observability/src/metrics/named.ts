export type Labels = Readonly<Record<string, string>>;

/** Names by the conventions of Prometheus. `labels`: their names; values MUST come from the settings or a fixed list. */
export type Named = { readonly name: string; readonly help: string; readonly labels?: readonly string[] };
