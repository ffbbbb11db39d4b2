"""Sessions: one a browser, kept up by a refresh token that is good for one use."""
