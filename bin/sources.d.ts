export const isClone: (root: string) => boolean
export const sourcesOf: (root: string) => string
export const isCurrent: (root: string) => boolean
