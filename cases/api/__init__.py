"""Cases over HTTP: every view finds, calls one service and answers."""
