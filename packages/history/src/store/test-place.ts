import type { HistoryStore } from './store.ts';

/** Where a store is. `open` opens it once more, as another process would; what is open is closed when the test is over. */
type StorePlace = { readonly open: () => Promise<HistoryStore> };

/** Makes an empty store. */
export type CreatePlace = () => Promise<StorePlace>;
