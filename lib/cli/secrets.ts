// One masker for the whole process: a secret added here is masked in every event, message and report.
export { knownSecrets as secrets } from '../text/secrets.ts'
