"""What an operator's monitoring reads: numbers about requests, the queue and the workers."""
