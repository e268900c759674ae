"""The outbox and its delivery, to real mail servers over real sockets."""
