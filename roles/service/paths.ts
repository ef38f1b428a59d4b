/** Marks a node that has been part of a serving cluster, with the stage it served at. */
export const servedMarker = '/var/lib/nfsha-play/served'
/**
 * Present on both nodes while an operator works on the cluster; its first line names the node in maintenance, or who works on the cluster
 * and why.
 */
export const maintenanceMarker = '/var/lib/nfsha-play/maintenance'

/** Script that lists and ends processes other than the service that hold the volume. */
export const volumeHoldersPath = '/usr/local/lib/nfsha/volume-holders'

/** Written by the resource script at the end of a start, emptied by a stop. */
export const servingMark = '/run/nfsha/serving'
