"""HTTP and WebSocket: requests into calls of use cases, answers into status codes. No decisions of its own."""
