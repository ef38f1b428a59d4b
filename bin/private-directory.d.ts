export const privateDirectory: (name: string, env?: Record<string, string | undefined>, uid?: number) => string | undefined
