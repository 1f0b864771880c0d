# As the real image: options alone are the server's.
case "${1:-}" in
  -*) exec nats-server "$@" ;;
  *) exec "$@" ;;
esac
