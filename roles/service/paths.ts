/** Marks a node that has been part of a serving cluster, with the stage it served at. */
export const servedMarker = '/var/lib/nfsha-play/served'
/** On both nodes while an operator works on the cluster; its first line says who and why. */
export const maintenanceMarker = '/var/lib/nfsha-play/maintenance'

/** Lists and ends what holds the volume beside the service. */
export const volumeHoldersPath = '/usr/local/lib/nfsha/volume-holders'

/** Written by the resource script when a start has come to its end, emptied by a stop. */
export const servingMark = '/run/nfsha/serving'
