/** The supported systems that another one can be played as: values of `accept_untested_platform`. */
export const nearestPlatforms = ['debian12', 'debian13'] as const
export type NearestPlatform = (typeof nearestPlatforms)[number]
