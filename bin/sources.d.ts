export function isClone(root: string): boolean
export function sourcesOf(root: string): string
export function isCurrent(root: string): boolean
