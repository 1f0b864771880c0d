/** The page of one model. A model may be a path or an address, so it stands in the query. */
export const modelHref = (model: string): string => `/matrix/model?${new URLSearchParams({ model })}`;
