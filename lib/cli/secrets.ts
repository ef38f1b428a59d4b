// One masker for the whole process: what is learnt here is masked in every event, message and report.
export { knownSecrets as secrets } from '../text/secrets.ts'
