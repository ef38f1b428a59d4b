/** The supported systems that an unsupported one can be treated as: values of `accept_untested_platform`. */
export const nearestPlatforms = ['debian12', 'debian13'] as const
export type NearestPlatform = (typeof nearestPlatforms)[number]
