"""What a guest who is signed in has on the card: messages, approvals, addresses, consent, files, Wi-Fi, password."""
