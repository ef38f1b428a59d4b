case $1 in
  start) lock 30 || { not_started yes "another start or stop takes too long"; exit 1; }; start; code=$?; unlock; exit $code ;;
  stop) lock_for_stop || exit 1; stop; code=$?; unlock; exit $code ;;
  status|monitor) status ;;
  watch) watch ;;
  *) echo "usage: nfsha start|stop|status|watch" >&2; exit 2 ;;
esac
