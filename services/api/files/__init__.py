"""Files come and go here: uploads that can be resumed (tus 1.0), downloads with ranges."""
